#!/bin/sh
# Runs once, when the database's volume is empty. Creates a role that owns the registry's database and nothing else, and one
# that serves it: `manage.py grant_runtime_role` gives it rights on the tables.
set -eu
psql --set ON_ERROR_STOP=1 --quiet --set owner="$REGISTRY_OWNER_PASSWORD" --set password="$REGISTRY_PASSWORD" <<'SQL'
CREATE ROLE registry LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner';
CREATE ROLE registry_server LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE registry OWNER registry;
REVOKE ALL ON DATABASE registry FROM PUBLIC;
GRANT CONNECT ON DATABASE registry TO registry_server;
SQL
