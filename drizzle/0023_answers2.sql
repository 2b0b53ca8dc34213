CREATE TABLE "basic_encodings" (
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"client_id" text NOT NULL,
	"encoding" text NOT NULL,
	"learnt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "basic_encodings_provider_issuer_client_id_pk" PRIMARY KEY("provider","issuer","client_id"),
	CONSTRAINT "basic_encodings_encoding" CHECK ("basic_encodings"."encoding" in ('form', 'raw'))
);
