#!/usr/bin/env bash
# Makes a repository in the folder $1: the desk, then one commit for each patch of changes/, each with a tag of its name.
# The same files give the same commits.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${1:?name the folder of the new repository}

mkdir -p "$target"
cp "$here/flow.toml" "$here/desk.flow" "$target/"
cd "$target"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com
export GIT_AUTHOR_DATE='2026-11-23T12:00:00Z' GIT_COMMITTER_DATE='2026-11-23T12:00:00Z'
git init --quiet --initial-branch=main .
git add --all
git commit --quiet --message 'Answer tickets'
git tag 0-begin
for change in "$here"/changes/*.patch; do
  git apply --index "$change"
  name=$(basename "$change" .patch)
  git commit --quiet --message "$(echo "$name" | cut -c3- | tr - ' ')"
  git tag "$name"
done
