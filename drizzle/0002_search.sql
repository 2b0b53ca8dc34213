CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
DROP INDEX "connections_created";
--> statement-breakpoint
CREATE TABLE "connection_search" (
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"provider" text NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "connection_search_person_id_connection_id_pk" PRIMARY KEY("person_id","connection_id")
);
--> statement-breakpoint
-- The fields one under the other, so that no search matches across two of them.
CREATE FUNCTION "connection_search_text"("label" text, "subject" text, "name" text, "email" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower(concat_ws(chr(10), "label", "subject", "name", "email")) $$;
--> statement-breakpoint
INSERT INTO "connection_search" ("person_id", "connection_id", "created_at", "provider", "text")
SELECT c."person_id", c."id", c."created_at", c."provider", "connection_search_text"(c."label", c."subject", p."name", p."email")
FROM "connections" c JOIN "people" p ON p."id" = c."person_id" ORDER BY c."created_at";
--> statement-breakpoint
-- The planner guesses from these values how many rows a word matches, and so how to look for it.
ALTER TABLE "connection_search" ALTER COLUMN "text" SET STATISTICS 500;
--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "search_text" text GENERATED ALWAYS AS (lower(coalesce(name, '') || chr(10) || coalesce(email, ''))) STORED;
--> statement-breakpoint
ALTER TABLE "connection_search" ADD CONSTRAINT "connection_search_connection" FOREIGN KEY ("person_id","connection_id") REFERENCES "public"."connections"("person_id","id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "connection_search_created" ON "connection_search" USING btree ("created_at","connection_id");
--> statement-breakpoint
CREATE INDEX "connection_search_provider_created" ON "connection_search" USING btree ("provider","created_at","connection_id");
--> statement-breakpoint
CREATE INDEX "connection_search_text" ON "connection_search" USING gin ("text" gin_trgm_ops);
--> statement-breakpoint
CREATE INDEX "connections_ended" ON "connections" USING btree ("status","created_at","id") WHERE "connections"."status" <> 'connected';
--> statement-breakpoint
CREATE INDEX "connections_expiry" ON "connections" USING btree ("access_token_expires_at") WHERE "connections"."status" = 'connected';
--> statement-breakpoint
CREATE INDEX "connections_spent" ON "connections" USING btree ("created_at","id","access_token_expires_at") WHERE "connections"."status" = 'connected' and "connections"."refresh_token" is null and "connections"."access_token_expires_at" is not null;
--> statement-breakpoint
CREATE INDEX "people_search" ON "people" USING gin ("search_text" gin_trgm_ops);
--> statement-breakpoint
CREATE INDEX "people_staff" ON "people" USING btree ("created_at","id") WHERE "people"."admin_by_config" or "people"."role" <> 'user';
--> statement-breakpoint
CREATE INDEX "people_disabled" ON "people" USING btree ("created_at","id") WHERE "people"."disabled_at" is not null;
--> statement-breakpoint
CREATE INDEX "connections_created" ON "connections" USING btree ("created_at","id","status","access_token_expires_at");
--> statement-breakpoint
CREATE FUNCTION "note_new_connections"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "connection_search" ("person_id", "connection_id", "created_at", "provider", "text")
  SELECT c."person_id", c."id", c."created_at", c."provider", "connection_search_text"(c."label", c."subject", p."name", p."email")
  FROM "added" c JOIN "people" p ON p."id" = c."person_id";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "connection_search_insert" AFTER INSERT ON "connections" REFERENCING NEW TABLE AS "added"
FOR EACH STATEMENT EXECUTE FUNCTION "note_new_connections"();
--> statement-breakpoint
CREATE FUNCTION "note_changed_connection"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "connection_search" s
  SET "created_at" = NEW."created_at",
    "text" = "connection_search_text"(NEW."label", NEW."subject", p."name", p."email")
  FROM "people" p
  WHERE s."person_id" = NEW."person_id" AND s."connection_id" = NEW."id" AND p."id" = NEW."person_id";
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Of these columns only: what a refresh or a vend writes does not even ask.
CREATE TRIGGER "connection_search_update" AFTER UPDATE OF "label", "subject", "created_at" ON "connections"
FOR EACH ROW WHEN (OLD."label" IS DISTINCT FROM NEW."label" OR OLD."subject" <> NEW."subject"
  OR OLD."created_at" <> NEW."created_at")
EXECUTE FUNCTION "note_changed_connection"();
--> statement-breakpoint
CREATE FUNCTION "note_changed_person"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "connection_search" s
  SET "text" = "connection_search_text"(c."label", c."subject", NEW."name", NEW."email")
  FROM "connections" c
  WHERE c."person_id" = NEW."id" AND s."person_id" = NEW."id" AND s."connection_id" = c."id";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "people_search_update" AFTER UPDATE OF "name", "email" ON "people"
FOR EACH ROW WHEN (OLD."name" IS DISTINCT FROM NEW."name" OR OLD."email" IS DISTINCT FROM NEW."email")
EXECUTE FUNCTION "note_changed_person"();
--> statement-breakpoint
-- Room on each page for a row's next version: noting a use touches no index then (a HOT update).
ALTER TABLE "connections" SET (fillfactor = 85);
--> statement-breakpoint
ANALYZE "connection_search", "connections", "people";
