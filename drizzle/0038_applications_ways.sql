ALTER TABLE "applications" ADD COLUMN "logo" "bytea";--> statement-breakpoint
ALTER TABLE "applications" ADD COLUMN "logo_type" text;--> statement-breakpoint
ALTER TABLE "applications" ADD COLUMN "colour_light" text;--> statement-breakpoint
ALTER TABLE "applications" ADD COLUMN "colour_dark" text;--> statement-breakpoint
CREATE INDEX "api_keys_application" ON "api_keys" USING btree ("application_id") WHERE "api_keys"."application_id" is not null;--> statement-breakpoint
CREATE INDEX "people_application_user" ON "people" USING btree ("application_user","application_id") WHERE "people"."application_user" is not null;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_application" CHECK (case when "api_keys"."application_id" is null then not 'connections:create' = any("api_keys"."scopes")
        else not 'webhooks:manage' = any("api_keys"."scopes") end);--> statement-breakpoint
ALTER TABLE "applications" ADD CONSTRAINT "applications_logo" CHECK (("applications"."logo" is null) = ("applications"."logo_type" is null) and octet_length("applications"."logo") <= 65536);--> statement-breakpoint
ALTER TABLE "applications" ADD CONSTRAINT "applications_logo_type" CHECK ("applications"."logo_type" in ('image/png', 'image/jpeg', 'image/webp'));--> statement-breakpoint
ALTER TABLE "applications" ADD CONSTRAINT "applications_colours" CHECK (("applications"."colour_light" is null) = ("applications"."colour_dark" is null)
      and "applications"."colour_light" ~ '^#[0-9a-f]{6}$' and "applications"."colour_dark" ~ '^#[0-9a-f]{6}$');--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_application_address" CHECK ("people"."application_id" is null or "people"."email" is null);