CREATE TABLE "spendings" (
	"person_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"provider" text NOT NULL,
	"shown_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "spendings_person_id_connection_id_pk" PRIMARY KEY("person_id","connection_id")
);
--> statement-breakpoint
CREATE INDEX "spendings_shown" ON "spendings" USING btree ("provider","shown_at");