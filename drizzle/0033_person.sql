CREATE TABLE "person_mails" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"provider" text NOT NULL,
	"event" text NOT NULL,
	"reason" text NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"due_at" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"mail_id" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "person_mails_event" CHECK ("person_mails"."event" in ('connected', 'disconnected', 'needs_reconnect')),
	CONSTRAINT "person_mails_state" CHECK ("person_mails"."state" in ('pending', 'sent', 'dropped', 'given_up')),
	CONSTRAINT "person_mails_pending" CHECK (("person_mails"."state" = 'pending') = ("person_mails"."due_at" is not null) and ("person_mails"."state" = 'pending') = ("person_mails"."ended_at" is null))
);
--> statement-breakpoint
CREATE INDEX "person_mails_due" ON "person_mails" USING btree ("due_at") WHERE "person_mails"."due_at" is not null;--> statement-breakpoint
CREATE INDEX "person_mails_person" ON "person_mails" USING btree ("person_id","occurred_at");--> statement-breakpoint
CREATE INDEX "person_mails_ended" ON "person_mails" USING btree ("ended_at");