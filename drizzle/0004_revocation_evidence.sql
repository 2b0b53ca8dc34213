CREATE TABLE "bulk_revocation_rows" (
	"bulk_id" text NOT NULL,
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"provider" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"code" text,
	"done_at" timestamp (3) with time zone,
	CONSTRAINT "bulk_revocation_rows_bulk_id_connection_id_pk" PRIMARY KEY("bulk_id","connection_id"),
	CONSTRAINT "bulk_revocation_rows_state" CHECK ("bulk_revocation_rows"."state" in ('waiting', 'revoked', 'revoked_before', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "bulk_revocations" (
	"id" text PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'prepared' NOT NULL,
	"criteria" jsonb NOT NULL,
	"total" integer NOT NULL,
	"prepared_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"reason" text,
	"started_by" text,
	"request_id" text,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "bulk_revocations_state" CHECK ("bulk_revocations"."state" in ('prepared', 'running', 'finished')),
	CONSTRAINT "bulk_revocations_started" CHECK (("bulk_revocations"."state" = 'prepared') = ("bulk_revocations"."started_at" is null)),
	CONSTRAINT "bulk_revocations_finished" CHECK (("bulk_revocations"."state" = 'finished') = ("bulk_revocations"."finished_at" is not null))
);
--> statement-breakpoint
DROP INDEX "revocations_due";
--> statement-breakpoint
ALTER TABLE "revocations" DROP CONSTRAINT "revocations_person_id_connection_id_pk";
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "replaced_generation" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "provider" text;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "access_token" text;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "refresh_token" text;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "account_params" jsonb;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "proof" text DEFAULT 'none' NOT NULL;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "proof_attempts" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "evidence" jsonb;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "proved_at" timestamp (3) with time zone;
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "honoured_until" timestamp (3) with time zone;
--> statement-breakpoint
UPDATE "revocations" SET "provider" = "connections"."provider" FROM "connections" WHERE "connections"."person_id" = "revocations"."person_id" AND "connections"."id" = "revocations"."connection_id";
--> statement-breakpoint
ALTER TABLE "revocations" ALTER COLUMN "provider" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_person_id_connection_id_replaced_generation_pk" PRIMARY KEY("person_id","connection_id","replaced_generation");
--> statement-breakpoint
ALTER TABLE "bulk_revocation_rows" ADD CONSTRAINT "bulk_revocation_rows_bulk_id_bulk_revocations_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."bulk_revocations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "bulk_revocation_rows_waiting" ON "bulk_revocation_rows" USING btree ("bulk_id","connection_id") WHERE "bulk_revocation_rows"."state" = 'waiting';
--> statement-breakpoint
CREATE INDEX "bulk_revocations_created" ON "bulk_revocations" USING btree ("created_at","id");
--> statement-breakpoint
CREATE INDEX "bulk_revocations_running" ON "bulk_revocations" USING btree ("created_at") WHERE "bulk_revocations"."state" = 'running';
--> statement-breakpoint
CREATE INDEX "revocations_due" ON "revocations" USING btree ("provider","next_attempt_at") WHERE "revocations"."state" = 'pending' or "revocations"."proof" = 'due';
--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_proof" CHECK ("revocations"."proof" in ('none', 'due', 'proved', 'still_accepted', 'not_provable'));
--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_proved" CHECK (("revocations"."proof" = 'proved') = ("revocations"."proved_at" is not null));