CREATE TABLE "inactivity_notices" (
	"person_id" text PRIMARY KEY NOT NULL,
	"begun_at" timestamp (3) with time zone NOT NULL,
	"notified_at" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	"notified_by" text NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "inactivity_notices_due" CHECK (("inactivity_notices"."notified_at" is null) = ("inactivity_notices"."due_at" is null)),
	CONSTRAINT "inactivity_notices_revoked" CHECK ("inactivity_notices"."revoked_at" is null or ("inactivity_notices"."due_at" is not null and "inactivity_notices"."revoked_at" >= "inactivity_notices"."due_at"))
);
--> statement-breakpoint
ALTER TABLE "inactivity_notices" ADD CONSTRAINT "inactivity_notices_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "people_silent" ON "people" USING btree (coalesce("last_signed_in_at", "created_at"),"id") WHERE "people"."disabled_at" is null and "people"."deleted_at" is null;