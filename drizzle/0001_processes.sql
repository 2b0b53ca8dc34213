CREATE TABLE "processes" (
	"id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"version" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"providers" jsonb DEFAULT '[]'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "connections_failing" ON "connections" USING btree ("provider") WHERE "connections"."status" = 'connected' and "connections"."refresh_failures" > 0;--> statement-breakpoint
CREATE INDEX "ledger_refreshes" ON "ledger" USING btree ("provider","action","at") WHERE "ledger"."action" in ('token.refreshed', 'token.refresh_failed');