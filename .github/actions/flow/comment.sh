#!/usr/bin/env bash
# Posts the comment of a pull request with `gh`, in a job of its own that may write to pull requests.
#
#   comment.sh FILE PULL_REQUEST [--behavior update|new|delete-and-new|hide-and-new] [--dry-run]
#
# The comment of before is found by the marker in the first line. Where nothing changed there is no FILE, and nothing is done.
set -euo pipefail
file=${1:?name the comment file}; number=${2:?name the pull request}; shift 2
behavior=update; dry=''
while [ $# -gt 0 ]; do
  case $1 in
    --behavior) behavior=${2:?update, new, delete-and-new or hide-and-new}; shift 2 ;;
    --dry-run) dry=echo; shift ;;
    *) echo "comment.sh: unknown argument $1" >&2; exit 64 ;;
  esac
done
case $behavior in update|new|delete-and-new|hide-and-new) ;; *) echo "comment.sh: unknown behavior $behavior" >&2; exit 64 ;; esac
[ -s "$file" ] || { echo "nothing changed, nothing to say"; exit 0; }
[[ $number =~ ^[0-9]+$ ]] || { echo "comment.sh: $number is no number of a pull request" >&2; exit 64; }
marker=$(head -n 1 "$file")
[[ $marker == '<!-- flow:bound:'*' -->' ]] || { echo "comment.sh: $file is no comment of flowc diff" >&2; exit 64; }

repository=${GITHUB_REPOSITORY:?owner/name}
old=''
if [ "$behavior" != new ]; then
  # Each comment is a line of its node, its number, and the first line of its text.
  old=$(gh api --paginate "repos/$repository/issues/$number/comments" \
    --jq '.[] | [.node_id, (.id | tostring), (.body | split("\n")[0] | rtrimstr("\r"))] | @tsv' |
    awk -F '\t' -v marker="$marker" '$3 == marker { print $1 "\t" $2 }' | tail -n 1)
fi
node=${old%%$'\t'*}; id=${old##*$'\t'}
post() { $dry gh api --method POST "repos/$repository/issues/$number/comments" --field "body=@$file" --silent; }
case $behavior in
  new) post ;;
  update) if [ -n "$id" ]; then $dry gh api --method PATCH "repos/$repository/issues/comments/$id" --field "body=@$file" --silent; else post; fi ;;
  delete-and-new) [ -z "$id" ] || $dry gh api --method DELETE "repos/$repository/issues/comments/$id" --silent; post ;;
  hide-and-new)
    [ -z "$node" ] || $dry gh api graphql --silent --field "id=$node" \
      --raw-field 'query=mutation($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { clientMutationId } }'
    post ;;
esac
