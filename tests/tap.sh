# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The Test Anything Protocol for bash: source it, call ok, is, like, unlike,
# skip, and end with done_testing.
#
# A failed test says what was expected and goes on.  Everything that a test
# prints by accident goes to its log: standard output is kept for the
# protocol.

tap_count=0
tap_failed=0
exec 3>&1 1>&2

tap_line() {
	printf '%s\n' "$*" >&3
}

# diag TEXT...: a comment, each line marked as one.
diag() {
	printf '%s\n' "$*" | sed 's/^/# /' >&3
}

pass() {
	tap_count=$((tap_count + 1))
	tap_line "ok $tap_count - $*"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	tap_line "not ok $tap_count - $*"
}

# ok NAME COMMAND [ARG]...: passes if the command succeeds.
ok() {
	local name=$1 status
	shift
	if "$@"; then
		pass "$name"
	else
		status=$?
		fail "$name"
		diag "status $status: $*"
		return 1
	fi
}

# not_ok NAME COMMAND [ARG]...: passes if it fails.
not_ok() {
	local name=$1
	shift
	if "$@"; then
		fail "$name"
		diag "succeeded: $*"
		return 1
	fi
	pass "$name"
}

# is GOT WANT NAME
is() {
	if [[ $1 == "$2" ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:  $1"
		diag "want: $2"
		return 1
	fi
}

# isnt GOT UNWANTED NAME
isnt() {
	if [[ $1 != "$2" ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:  $1"
		return 1
	fi
}

# like GOT ERE NAME
like() {
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:  $1"
		diag "want: match of $2"
		return 1
	fi
}

# unlike GOT ERE NAME
unlike() {
	if [[ ! $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		diag "got:  $1"
		diag "want: no match of $2"
		return 1
	fi
}

# skip REASON NAME: counts as a test that was not run.
skip() {
	tap_count=$((tap_count + 1))
	tap_line "ok $tap_count - $2 # SKIP $1"
}

# skip_all REASON: ends the whole file.
skip_all() {
	tap_line "1..0 # SKIP $1"
	exit 0
}

# bail TEXT: the machine is at fault; nothing further can be tested.
bail() {
	tap_line "Bail out! $*"
	exit 1
}

done_testing() {
	tap_line "1..$tap_count"
	exit $((tap_failed != 0))
}
