#!/bin/sh
# Makes the secrets of compose.yaml in ./secrets, once. Keep a copy of vault_keys elsewhere: without it no token opens.
set -eu
umask 077
mkdir -p secrets/providers
[ -e secrets/postgres_password ] || openssl rand -hex 24 >secrets/postgres_password
[ -e secrets/session_password ] || openssl rand -base64 32 >secrets/session_password
[ -e secrets/vault_keys ] || echo "k1:$(openssl rand -base64 32)" >secrets/vault_keys
[ -e secrets/database_url ] || echo "postgres://grantkeep:$(cat secrets/postgres_password)@postgres/grantkeep" >secrets/database_url
[ -e secrets/providers/providers.json ] || echo '[]' >secrets/providers/providers.json
# The hub reads its files as user 10001. No other user of this machine gets into the folder.
chmod 0644 secrets/session_password secrets/vault_keys secrets/database_url secrets/providers/providers.json
chmod 0755 secrets/providers
