CREATE TABLE "key_days" (
	"api_key_id" text NOT NULL,
	"day" date NOT NULL,
	"provider" text NOT NULL,
	"reads" bigint NOT NULL,
	"refused" bigint NOT NULL,
	CONSTRAINT "key_days_api_key_id_day_provider_pk" PRIMARY KEY("api_key_id","day","provider")
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "purpose" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "owner" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaces" text;--> statement-breakpoint
CREATE INDEX "api_keys_replaces" ON "api_keys" USING btree ("replaces") WHERE "api_keys"."replaces" is not null;