ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_application";--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_application" CHECK (case when "api_keys"."application_id" is null then not 'connections:create' = any("api_keys"."scopes")
        else not "api_keys"."scopes" && array['webhooks:manage', 'applications:manage'] end);