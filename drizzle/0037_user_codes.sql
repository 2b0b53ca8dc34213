ALTER TABLE "connect_sessions" ADD COLUMN "user_code_hash" text;--> statement-breakpoint
ALTER TABLE "connect_sessions" ADD CONSTRAINT "connect_sessions_userCodeHash_unique" UNIQUE("user_code_hash");