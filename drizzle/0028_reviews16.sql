CREATE TABLE "reviews" (
	"id" text PRIMARY KEY NOT NULL,
	"task" text NOT NULL,
	"period" text NOT NULL,
	"period_start" timestamp (3) with time zone NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"owner" text,
	"findings" jsonb,
	"findings_at" timestamp (3) with time zone,
	"signed_off_at" timestamp (3) with time zone,
	"signed_off_by" text,
	"note" text,
	"missed_at" timestamp (3) with time zone,
	"mail_due_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reviews_period" CHECK ("reviews"."period" in ('weekly', 'monthly', 'quarterly', 'on_change')),
	CONSTRAINT "reviews_findings" CHECK (("reviews"."findings" is null) = ("reviews"."findings_at" is null)),
	CONSTRAINT "reviews_signed_off" CHECK (("reviews"."signed_off_at" is null) = ("reviews"."signed_off_by" is null) and ("reviews"."signed_off_at" is null or "reviews"."findings_at" is not null)),
	CONSTRAINT "reviews_missed" CHECK ("reviews"."signed_off_at" is null or "reviews"."missed_at" is null)
);
--> statement-breakpoint
CREATE TABLE "stated_scopes" (
	"provider" text NOT NULL,
	"api_key_id" text NOT NULL,
	"scope" text NOT NULL,
	"calls" bigint NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "stated_scopes_provider_scope_api_key_id_pk" PRIMARY KEY("provider","scope","api_key_id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "reviews_once" ON "reviews" USING btree ("task","period_start");--> statement-breakpoint
CREATE INDEX "reviews_due" ON "reviews" USING btree ("due_at") WHERE "reviews"."signed_off_at" is null and "reviews"."missed_at" is null;