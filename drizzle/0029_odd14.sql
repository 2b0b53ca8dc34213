-- Rows without a host could be anybody's. One that is lost costs one more request.
DELETE FROM "basic_encodings";--> statement-breakpoint
ALTER TABLE "basic_encodings" ADD COLUMN "host" text NOT NULL;--> statement-breakpoint
ALTER TABLE "basic_encodings" DROP CONSTRAINT "basic_encodings_provider_issuer_client_id_pk";--> statement-breakpoint
ALTER TABLE "basic_encodings" ADD CONSTRAINT "basic_encodings_provider_issuer_client_id_host_pk" PRIMARY KEY("provider","issuer","client_id","host");
