CREATE TABLE "flows" (
	"id" text PRIMARY KEY NOT NULL,
	"intent" text NOT NULL,
	"session_id" text,
	"sealed" text,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"claimed_at" timestamp (3) with time zone,
	"outcome" text,
	CONSTRAINT "flows_bounded" CHECK (octet_length("flows"."sealed") <= 65536
      and octet_length("flows"."outcome") <= 65536),
	CONSTRAINT "flows_claimed" CHECK (("flows"."claimed_at" is null) = ("flows"."sealed" is not null)),
	CONSTRAINT "flows_ended" CHECK (("flows"."outcome" is null or "flows"."claimed_at" is not null))
);
--> statement-breakpoint
DROP TABLE "consumed_states" CASCADE;--> statement-breakpoint
CREATE INDEX "flows_expiry" ON "flows" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "flows_session" ON "flows" USING btree ("session_id","expires_at");