CREATE TABLE "flow_traces" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"provider" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "flow_traces_bounded" CHECK (octet_length("flow_traces"."sealed") <= 131072)
);
--> statement-breakpoint
CREATE INDEX "flow_traces_expiry" ON "flow_traces" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "flow_traces_person" ON "flow_traces" USING btree ("person_id","created_at");