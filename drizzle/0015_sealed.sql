CREATE TABLE "vault_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"first_used_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp (3) with time zone,
	"missing_rows" integer DEFAULT 0 NOT NULL,
	"unbound_over_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE INDEX "connections_unbound" ON "connections" USING btree ("person_id","id") WHERE left("connections"."access_token", 48) <> 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiYm91bmQi' or left("connections"."refresh_token", 48) <> 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiYm91bmQi';--> statement-breakpoint
-- Which keys sealed what is stored: the id stands at character 49 of every value so far. Broken values are under none.
INSERT INTO "vault_keys" ("kid") SELECT DISTINCT "kid" FROM (
  SELECT substring(encode(decode(translate(substr("value", 49, 64), '-_', '+/'), 'base64'), 'escape') from '^([A-Za-z0-9_-]{1,32})"') AS "kid"
  FROM (
    SELECT unnest(ARRAY["access_token", "refresh_token"]) AS "value" FROM "connections"
    UNION ALL SELECT unnest(ARRAY["access_token", "refresh_token"]) FROM "revocations"
    UNION ALL SELECT unnest(ARRAY["secret", "previous_secret"]) FROM "webhook_endpoints") "sealed"
  WHERE starts_with("value", 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoi') AND substr("value", 49, 64) ~ '^[A-Za-z0-9_-]{64}$') "named"
WHERE "kid" IS NOT NULL;
