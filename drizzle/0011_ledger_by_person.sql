DROP INDEX "ledger_connection";--> statement-breakpoint
DROP INDEX "ledger_person";--> statement-breakpoint
CREATE INDEX "ledger_person" ON "ledger" USING btree ("person_id","at","connection_id");