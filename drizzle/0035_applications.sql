CREATE TABLE "applications" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"contact" text NOT NULL,
	"return_urls" text[] NOT NULL,
	"origins" text[] NOT NULL,
	"providers" text[],
	"scopes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "connect_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"application_id" text NOT NULL,
	"person_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"api_key_id" text NOT NULL,
	"providers" text[] NOT NULL,
	"connection_id" text,
	"scopes" text[],
	"return_url" text NOT NULL,
	"code_challenge" text NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"error" text,
	"provider" text,
	"answer" text,
	"held_grant" text,
	"code_hash" text,
	"made_connection_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "connect_sessions_tokenHash_unique" UNIQUE("token_hash"),
	CONSTRAINT "connect_sessions_status" CHECK ("connect_sessions"."status" in ('open', 'received', 'completed', 'failed', 'expired', 'cancelled')),
	CONSTRAINT "connect_sessions_held" CHECK (("connect_sessions"."status" = 'received') = ("connect_sessions"."held_grant" is not null)),
	CONSTRAINT "connect_sessions_over" CHECK (("connect_sessions"."status" in ('open', 'received')) = ("connect_sessions"."ended_at" is null)),
	CONSTRAINT "connect_sessions_bounded" CHECK (octet_length("connect_sessions"."held_grant") <= 65536)
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "application_id" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "application_id" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "application_user" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "application_tenant" text;--> statement-breakpoint
ALTER TABLE "connect_sessions" ADD CONSTRAINT "connect_sessions_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connect_sessions" ADD CONSTRAINT "connect_sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "applications_created" ON "applications" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "connect_sessions_expiry" ON "connect_sessions" USING btree ("expires_at") WHERE "connect_sessions"."status" in ('open', 'received');--> statement-breakpoint
CREATE INDEX "connect_sessions_ended" ON "connect_sessions" USING btree ("ended_at") WHERE "connect_sessions"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "connect_sessions_person" ON "connect_sessions" USING btree ("person_id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_application_id_applications_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."applications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "people_application" ON "people" USING btree ("application_id","created_at","id") WHERE "people"."application_id" is not null;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_application" CHECK ("people"."application_id" is null and "people"."application_user" is null
        or "people"."application_id" is not null and "people"."role" = 'user' and not "people"."admin_by_config" and "people"."last_signed_in_at" is null);