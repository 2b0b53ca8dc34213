CREATE TABLE "vault_reseals" (
	"id" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"kid" text NOT NULL,
	"after_person_id" text,
	"after_id" text,
	"seen" bigint DEFAULT 0 NOT NULL,
	"resealed" bigint DEFAULT 0 NOT NULL,
	"skipped" bigint DEFAULT 0 NOT NULL,
	"total" bigint DEFAULT 0 NOT NULL,
	"walks" integer DEFAULT 1 NOT NULL,
	"started_by" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_batch_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "vault_reseals_state" CHECK ("vault_reseals"."state" in ('running', 'paused', 'done'))
);
--> statement-breakpoint
CREATE TABLE "vault_wrappings" (
	"kid" text NOT NULL,
	"root" text NOT NULL,
	"wrapped" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vault_wrappings_kid_root_pk" PRIMARY KEY("kid","root")
);
--> statement-breakpoint
ALTER TABLE "processes" ADD COLUMN "vault_keys" text[];--> statement-breakpoint
ALTER TABLE "vault_keys" ADD COLUMN "kind" text DEFAULT 'local' NOT NULL;--> statement-breakpoint
ALTER TABLE "vault_keys" ADD COLUMN "seals_from" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "vault_keys" ADD COLUMN "destroyed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "vault_keys" ADD COLUMN "rows" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "vault_keys" ADD COLUMN "counted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "vault_wrappings" ADD CONSTRAINT "vault_wrappings_kid_vault_keys_kid_fk" FOREIGN KEY ("kid") REFERENCES "public"."vault_keys"("kid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "vault_reseals_open" ON "vault_reseals" USING btree ((true)) WHERE "vault_reseals"."state" <> 'done';--> statement-breakpoint
ALTER TABLE "vault_keys" ADD CONSTRAINT "vault_keys_kind" CHECK ("vault_keys"."kind" in ('local', 'data'));