#!/bin/sh
# Runs once, when the database's volume is empty. Creates a role that owns the registry's database and nothing else.
set -eu
psql --set ON_ERROR_STOP=1 --quiet --set password="$REGISTRY_PASSWORD" <<'SQL'
CREATE ROLE registry LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE registry OWNER registry;
REVOKE CONNECT ON DATABASE registry FROM PUBLIC;
SQL
