CREATE TABLE "connection_uses" (
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"last_used_by" text NOT NULL,
	CONSTRAINT "connection_uses_person_id_connection_id_pk" PRIMARY KEY("person_id","connection_id")
) WITH (fillfactor = 67);
--> statement-breakpoint
INSERT INTO "connection_uses" ("person_id", "connection_id", "last_used_at", "last_used_by")
SELECT "person_id", "id", "last_used_at", "last_used_by" FROM "connections" WHERE "last_used_at" IS NOT NULL AND "last_used_by" IS NOT NULL;
--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "last_used_at";--> statement-breakpoint
ALTER TABLE "connections" DROP COLUMN "last_used_by";