CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"key_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"providers" text[],
	"ip_ranges" text[],
	"ip_rule" text DEFAULT 'deny' NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_keyHash_unique" UNIQUE("key_hash"),
	CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0)
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"person_id" text NOT NULL,
	"id" text NOT NULL,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"label" text,
	"status" text NOT NULL,
	"status_reason" text,
	"scopes_requested" text[] NOT NULL,
	"scopes_granted" text[],
	"account_params" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"extras" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"authorization" jsonb NOT NULL,
	"token_type" text DEFAULT 'Bearer' NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"access_token_issued_at" timestamp (3) with time zone,
	"access_token_expires_at" timestamp (3) with time zone,
	"refresh_token_expires_at" timestamp (3) with time zone,
	"generation" integer DEFAULT 1 NOT NULL,
	"lease_owner" text,
	"lease_expires_at" timestamp (3) with time zone,
	"last_refresh_error" text,
	"refresh_failures" integer DEFAULT 0 NOT NULL,
	"next_refresh_attempt_at" timestamp (3) with time zone,
	"last_refreshed_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"last_used_by" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"connected_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "connections_person_id_id_pk" PRIMARY KEY("person_id","id"),
	CONSTRAINT "connections_status" CHECK ("connections"."status" in ('connected', 'needs_reconnect', 'revoked')),
	CONSTRAINT "connections_live_token" CHECK ("connections"."status" <> 'connected' or "connections"."access_token" is not null),
	CONSTRAINT "connections_lease" CHECK (("connections"."lease_owner" is null) = ("connections"."lease_expires_at" is null))
);
--> statement-breakpoint
CREATE TABLE "consumed_states" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "freezes" (
	"id" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"target" text DEFAULT '' NOT NULL,
	"reason" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"lifted_by" text,
	"lifted_at" timestamp (3) with time zone,
	CONSTRAINT "freezes_scope" CHECK ("freezes"."scope" in ('everything', 'provider', 'person', 'api_key', 'connection')),
	CONSTRAINT "freezes_target" CHECK (("freezes"."scope" = 'everything') = ("freezes"."target" = ''))
);
--> statement-breakpoint
CREATE TABLE "ledger" (
	"at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "ledger_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"code" text,
	"actor_type" text NOT NULL,
	"actor_id" text,
	"person_id" text,
	"connection_id" text,
	"provider" text,
	"api_key_id" text,
	"ip" text,
	"request_id" text,
	"count" integer DEFAULT 1 NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "ledger_at_id_pk" PRIMARY KEY("at","id")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "ledger_default" PARTITION OF "ledger" DEFAULT;
--> statement-breakpoint
CREATE TABLE "people" (
	"id" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"name" text,
	"email" text,
	"role" text DEFAULT 'user' NOT NULL,
	"admin_by_config" boolean DEFAULT false NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_signed_in_at" timestamp (3) with time zone,
	CONSTRAINT "people_role" CHECK ("people"."role" in ('user', 'auditor', 'administrator'))
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "revocations" (
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error_code" text,
	"requested_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "revocations_person_id_connection_id_pk" PRIMARY KEY("person_id","connection_id"),
	CONSTRAINT "revocations_state" CHECK ("revocations"."state" in ('pending', 'revoked_upstream', 'unsupported', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"public_id" text NOT NULL,
	"person_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ip" text,
	"user_agent" text,
	CONSTRAINT "sessions_publicId_unique" UNIQUE("public_id")
);
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_person_id_connection_id_connections_person_id_id_fk" FOREIGN KEY ("person_id","connection_id") REFERENCES "public"."connections"("person_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "connections_account" ON "connections" USING btree ("person_id","provider","issuer","subject") WHERE "connections"."status" <> 'revoked';--> statement-breakpoint
CREATE INDEX "connections_created" ON "connections" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "connections_provider_created" ON "connections" USING btree ("provider","created_at","id");--> statement-breakpoint
CREATE INDEX "connections_subject" ON "connections" USING btree ("issuer","subject");--> statement-breakpoint
CREATE INDEX "connections_refresh_ahead" ON "connections" USING btree ("provider","access_token_expires_at") WHERE "connections"."status" = 'connected' and "connections"."refresh_token" is not null;--> statement-breakpoint
CREATE INDEX "connections_keep_alive" ON "connections" USING btree ("provider",greatest("last_refreshed_at", "connected_at")) WHERE "connections"."status" = 'connected' and "connections"."refresh_token" is not null;--> statement-breakpoint
CREATE INDEX "consumed_states_expiry" ON "consumed_states" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "freezes_standing" ON "freezes" USING btree ("scope","target") WHERE "freezes"."lifted_at" is null;--> statement-breakpoint
CREATE INDEX "ledger_person" ON "ledger" USING btree ("person_id","at");--> statement-breakpoint
CREATE INDEX "ledger_connection" ON "ledger" USING btree ("connection_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "people_identity" ON "people" USING btree ("issuer","subject") WHERE "people"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "people_email" ON "people" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "people_created" ON "people" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "rate_limits_expire" ON "rate_limits" USING btree ("expire");--> statement-breakpoint
CREATE INDEX "revocations_due" ON "revocations" USING btree ("next_attempt_at") WHERE "revocations"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "sessions_person" ON "sessions" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "sessions" USING btree ("expires_at");