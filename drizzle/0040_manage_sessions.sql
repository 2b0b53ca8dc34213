ALTER TABLE "connect_sessions" ADD COLUMN "manage" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "connect_sessions" ADD COLUMN "opened_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "connect_sessions" ADD CONSTRAINT "connect_sessions_opened" CHECK ("connect_sessions"."opened_at" is null or "connect_sessions"."manage");