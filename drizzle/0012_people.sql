CREATE TABLE "person_endings" (
	"person_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"requested_by" text NOT NULL,
	"request_id" text NOT NULL,
	"step_up" text,
	"begun_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "person_endings_kind" CHECK ("person_endings"."kind" in ('disabled', 'deleted'))
);
--> statement-breakpoint
ALTER TABLE "person_endings" ADD CONSTRAINT "person_endings_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_created" ON "api_keys" USING btree ("created_at","id");