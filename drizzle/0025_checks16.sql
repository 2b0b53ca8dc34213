CREATE TABLE "check_results" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "check_results_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run" text NOT NULL,
	"check_id" text NOT NULL,
	"provider" text DEFAULT '' NOT NULL,
	"result" text NOT NULL,
	"looked_at" text NOT NULL,
	"found" text NOT NULL,
	"mend" text,
	"at" timestamp (3) with time zone NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "check_results_result" CHECK ("check_results"."result" in ('passes', 'fails', 'unknown', 'not_promised'))
);
--> statement-breakpoint
CREATE TABLE "check_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"provider" text DEFAULT '' NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"started_by" text
);
--> statement-breakpoint
CREATE INDEX "check_results_last" ON "check_results" USING btree ("check_id","provider","at","id");--> statement-breakpoint
CREATE INDEX "check_results_at" ON "check_results" USING btree ("at");--> statement-breakpoint
CREATE INDEX "check_runs_started" ON "check_runs" USING btree ("started_at");