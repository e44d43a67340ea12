#!/usr/bin/env bash
# Checks the flows of a project and compares them with a base. Speaks to nobody: the comment is a file, and another job posts it, so that
# this one needs no permission but to read.
#
# In:  FLOWC, FLOW_FOLDER, FLOW_BASE, FLOW_STRICT, FLOW_PROFILE, FLOW_ID; GITHUB_BASE_REF of a pull request.
# Out: annotations; flow.sarif and flow-comment.md in RUNNER_TEMP; comment, sarif and code in GITHUB_OUTPUT; a summary.
set -uo pipefail
flowc=${FLOWC:-flowc}
out=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
cd "${FLOW_FOLDER:-.}" || exit 64

check=(check)
[ "${FLOW_STRICT:-true}" = true ] && check+=(--strict)
[ -n "${FLOW_PROFILE:-}" ] && check+=(--profile "$FLOW_PROFILE")
base=${FLOW_BASE:-}
[ -z "$base" ] && [ -n "${GITHUB_BASE_REF:-}" ] && base=origin/$GITHUB_BASE_REF
since=()
if [ -n "$base" ] && git rev-parse --verify --quiet "$base^{commit}" > /dev/null; then
  since=(--since "$base")
elif [ -n "$base" ]; then
  echo "flow: $base is not here, so nothing is compared; fetch it before this step (fetch-depth: 0)"
  base=''
fi

"$flowc" "${check[@]}" --format github "${since[@]}"
code=$?
"$flowc" "${check[@]}" --format sarif > "$out/flow.sarif"
[ -n "${GITHUB_STEP_SUMMARY:-}" ] && "$flowc" "${check[@]}" --format markdown >> "$GITHUB_STEP_SUMMARY"

comment=''
if [ -n "$base" ]; then
  rm -f "$out/flow-comment.md"
  "$flowc" diff "$base...HEAD" --id "${FLOW_ID:-flow}" --comment-file "$out/flow-comment.md"
  differs=$?
  if [ -f "$out/flow-comment.md" ]; then
    comment=$out/flow-comment.md
    [ -n "${GITHUB_STEP_SUMMARY:-}" ] && cat "$comment" >> "$GITHUB_STEP_SUMMARY"
  fi
  [ "$code" -eq 0 ] && code=$differs
fi

if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "comment=$comment"; echo "sarif=$out/flow.sarif"; echo "code=$code"; } >> "$GITHUB_OUTPUT"
fi
exit "$code"
