CREATE TABLE "client_secret_uses" (
	"provider" text NOT NULL,
	"fingerprint" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"last_refused_at" timestamp (3) with time zone,
	"uses" bigint NOT NULL,
	"refusals" bigint NOT NULL,
	CONSTRAINT "client_secret_uses_provider_fingerprint_pk" PRIMARY KEY("provider","fingerprint"),
	CONSTRAINT "client_secret_uses_counts" CHECK ("client_secret_uses"."uses" >= 0 and "client_secret_uses"."refusals" >= 0)
);
