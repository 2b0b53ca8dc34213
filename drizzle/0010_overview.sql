CREATE TABLE "connection_counts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "connection_counts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"status" text NOT NULL,
	"change" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_hours" (
	"hour" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"provider" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "event_hours_hour_action_outcome_provider_pk" PRIMARY KEY("hour","action","outcome","provider")
);
--> statement-breakpoint
ALTER TABLE "alert_progress" ADD COLUMN "hours_from" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "connections_unrefreshable" ON "connections" USING btree ("provider","access_token_expires_at") WHERE "connections"."status" = 'connected' and "connections"."refresh_token" is null and "connections"."access_token_expires_at" is not null;--> statement-breakpoint
CREATE INDEX "revocations_unfinished" ON "revocations" USING btree ("finished_at") WHERE "revocations"."state" = 'failed' or "revocations"."proof" = 'still_accepted';
--> statement-breakpoint
CREATE FUNCTION "count_new_connections"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "connection_counts" ("provider", "status", "change")
  SELECT "provider", "status", count(*) FROM "added" GROUP BY "provider", "status";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "connection_counts_insert" AFTER INSERT ON "connections" REFERENCING NEW TABLE AS "added"
FOR EACH STATEMENT EXECUTE FUNCTION "count_new_connections"();
--> statement-breakpoint
CREATE FUNCTION "count_changed_connection"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "connection_counts" ("provider", "status", "change")
  VALUES (OLD."provider", OLD."status", -1), (NEW."provider", NEW."status", 1);
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Of these columns only, and only where one changes: what a vend writes does not ask, what a refresh writes adds nothing.
CREATE TRIGGER "connection_counts_update" AFTER UPDATE OF "provider", "status" ON "connections"
FOR EACH ROW WHEN (OLD."provider" <> NEW."provider" OR OLD."status" <> NEW."status")
EXECUTE FUNCTION "count_changed_connection"();
--> statement-breakpoint
CREATE FUNCTION "count_gone_connections"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "connection_counts" ("provider", "status", "change")
  SELECT "provider", "status", -count(*) FROM "gone" GROUP BY "provider", "status";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "connection_counts_delete" AFTER DELETE ON "connections" REFERENCING OLD TABLE AS "gone"
FOR EACH STATEMENT EXECUTE FUNCTION "count_gone_connections"();
--> statement-breakpoint
CREATE FUNCTION "count_no_connections"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "connection_counts";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "connection_counts_truncate" AFTER TRUNCATE ON "connections"
FOR EACH STATEMENT EXECUTE FUNCTION "count_no_connections"();
--> statement-breakpoint
-- After the triggers, whose making keeps writers out until all this is committed.
INSERT INTO "connection_counts" ("provider", "status", "change")
SELECT "provider", "status", count(*) FROM "connections" GROUP BY "provider", "status";
