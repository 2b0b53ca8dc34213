CREATE TABLE "instance" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"mark" timestamp (3) with time zone NOT NULL,
	"written_by" bigint NOT NULL,
	"timeline" integer,
	"file" text,
	CONSTRAINT "instance_only" CHECK ("instance"."only")
);
--> statement-breakpoint
ALTER TABLE "freezes" ADD COLUMN "lift_reason" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "authenticated_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "authentication_proof" text;--> statement-breakpoint
CREATE INDEX "freezes_created" ON "freezes" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "freezes_over" ON "freezes" USING btree ("scope","target","created_at");--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_authentication" CHECK (("sessions"."authenticated_at" is null) = ("sessions"."authentication_proof" is null));