CREATE TABLE "reload_requests" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"n" integer NOT NULL,
	"asked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "reload_requests_only" CHECK ("reload_requests"."only")
);
--> statement-breakpoint
ALTER TABLE "processes" ADD COLUMN "configuration" jsonb;