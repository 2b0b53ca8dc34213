CREATE INDEX "ledger_ip" ON "ledger" USING btree ("ip","at") WHERE "ledger"."ip" is not null;--> statement-breakpoint
CREATE INDEX "ledger_provider" ON "ledger" USING btree ("provider","at") WHERE "ledger"."provider" is not null;--> statement-breakpoint
CREATE INDEX "ledger_not_ok" ON "ledger" USING btree ("outcome","at") WHERE "ledger"."outcome" <> 'ok';--> statement-breakpoint
CREATE INDEX "ledger_sought" ON "ledger" USING brin ("request_id" text_bloom_ops,("details" ->> 'fingerprint') text_bloom_ops) WITH (autosummarize=true,pages_per_range=64);