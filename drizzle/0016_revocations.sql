ALTER TABLE "revocations" DROP CONSTRAINT "revocations_person_id_connection_id_connections_person_id_id_fk";
--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "refused" jsonb;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "held_by" text GENERATED ALWAYS AS (case when replaced_generation >= 0 then connection_id end) STORED;--> statement-breakpoint
ALTER TABLE "revocations" ADD COLUMN "let_go_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_person_id_held_by_connections_person_id_id_fk" FOREIGN KEY ("person_id","held_by") REFERENCES "public"."connections"("person_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "revocations" ADD CONSTRAINT "revocations_refused" CHECK (("revocations"."replaced_generation" = -1) = ("revocations"."refused" is not null));