CREATE FUNCTION "ledger_position"("transaction" xid8) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN "transaction"::text::bigint + 0;
--> statement-breakpoint
CREATE TABLE "ledger_locators" (
	"n" bigint PRIMARY KEY NOT NULL,
	"prefixes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_seals" (
	"n" bigint PRIMARY KEY NOT NULL,
	"encoding" integer NOT NULL,
	"from_xid" bigint NOT NULL,
	"to_xid" bigint NOT NULL,
	"parts" jsonb NOT NULL,
	"dropped" text[] DEFAULT '{}' NOT NULL,
	"previous" text NOT NULL,
	"sealed_at" timestamp (3) with time zone NOT NULL,
	"key_id" text NOT NULL,
	"signature" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "xid" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "ledger" ALTER COLUMN "xid" SET DEFAULT ledger_position(pg_current_xact_id());--> statement-breakpoint
CREATE INDEX "ledger_api_key" ON "ledger" USING btree ("api_key_id","at") WHERE "ledger"."api_key_id" is not null;--> statement-breakpoint
CREATE INDEX "ledger_xid" ON "ledger" USING brin ("xid") WITH (autosummarize=true);--> statement-breakpoint
CREATE INDEX "ledger_rare" ON "ledger" USING btree ("action","at") WHERE "ledger"."action" not in ('token.vended', 'token.denied', 'token.refreshed', 'token.refresh_failed');