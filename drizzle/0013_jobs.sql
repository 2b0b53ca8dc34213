CREATE TABLE "jobs" (
	"name" text PRIMARY KEY NOT NULL,
	"run" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone,
	"started_by" text,
	"ended_run" bigint DEFAULT 0 NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"took_ms" integer,
	"failed_steps" text[] DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "instance" ADD COLUMN "clock_went_back_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "instance" ADD COLUMN "clock_went_back_ms" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
INSERT INTO "jobs" ("name") VALUES ('tick'), ('refresh');
--> statement-breakpoint
-- The tables of the library that woke the jobs before. They are of no use, and left where this role may not drop them or
-- a process of an earlier build is at work in them.
DO $$ BEGIN
  IF to_regclass('pgboss.version') IS NOT NULL THEN
    BEGIN
      SET LOCAL lock_timeout = '2s';
      DROP SCHEMA pgboss CASCADE;
    EXCEPTION WHEN insufficient_privilege OR lock_not_available OR deadlock_detected THEN
      RAISE NOTICE 'The schema pgboss is of no use any more: drop it as its owner.';
    END;
    SET LOCAL lock_timeout = 0;
  END IF;
END $$;
