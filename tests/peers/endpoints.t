#!/bin/bash
# SPDX-License-Identifier: MIT
# botocore, as the system has it, sends requests where we send them.

python=/usr/bin/python3
[[ -x $python ]] || {
	echo "1..0 # SKIP no $python"
	exit 0
}
exec "$python" "${TEND_SOURCE:?}/tests/peers/endpoints.py" \
	"${TEND_BUILD:?}/tests/peers/endpoints"
