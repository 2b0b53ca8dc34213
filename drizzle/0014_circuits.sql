CREATE TABLE "provider_stops" (
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"stopped_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"people" integer NOT NULL,
	"next_probe_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text,
	"not_before" timestamp (3) with time zone,
	CONSTRAINT "provider_stops_provider_issuer_pk" PRIMARY KEY("provider","issuer")
);
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "refused_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "refused_generation" integer;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "forced_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "connections_refused" ON "connections" USING btree ("provider","refused_at") WHERE "connections"."refused_at" is not null;