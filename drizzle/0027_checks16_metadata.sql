CREATE TABLE "provider_metadata" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "provider_metadata_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"facts" jsonb NOT NULL,
	"changes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"moved" boolean DEFAULT false NOT NULL,
	"accepted_at" timestamp (3) with time zone,
	"accepted_by" text
);
--> statement-breakpoint
CREATE INDEX "provider_metadata_last" ON "provider_metadata" USING btree ("provider","issuer","id");