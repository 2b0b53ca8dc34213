CREATE TABLE "provider_checks" (
	"provider" text PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"started_by" text,
	"results" jsonb DEFAULT '[]'::jsonb NOT NULL
);
