ALTER TABLE "connections" ADD COLUMN "missing" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "offered" jsonb;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "lookups" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "next_lookup_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "connections_lookups" ON "connections" USING btree ("next_lookup_at") WHERE "connections"."status" = 'connected' and "connections"."next_lookup_at" is not null;