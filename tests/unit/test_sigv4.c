/* SPDX-License-Identifier: MIT */
/*
 * aws/sigv4: the vectors are those of AWS's published suite, and more of the
 * same kind; the signatures are botocore's.  tests/peers/sigv4.t has botocore
 * judge many generated requests besides.
 */
#include "config.h"

#include "aws/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define K60                              \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" \
	"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define TOKEN                                                               \
	"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwd" \
	"QWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/k" \
	"McGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXD" \
	"vp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64" \
	"lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2I" \
	"CCR/oLxBA=="

/* 2015-08-30T12:36:00.999Z */
static const int64_t moment = INT64_C(1440938160999);

static const struct vector {
	const char *name;
	const char *method;
	const char *path;
	const char *query;
	const char *headers[4];
	const char *body;
	const char *token;
	const char *secret;
	const char *signature;
} vectors[] = {
	{ .name = "get vanilla",
	    .method = "GET",
	    .path = "/",
	    .signature = "5fa00fa31553b73ebf1942676e86291e"
			 "8372ff2a2260956d9b8aae1d763fbf31" },
	{ .name = "post vanilla",
	    .method = "POST",
	    .path = "/",
	    .signature = "5da7c1a2acd57cee7505fc6676e4e544"
			 "621c30862966e37dddb68e92efbe5d6b" },
	{ .name = "names in any case are sorted in lower case",
	    .method = "POST",
	    .path = "/",
	    .headers = { "MY-Header2:b", "my-header1:a" },
	    .signature = "51b4619033b3048198450507de18d921"
			 "d3fad2430bf7ac942c40a316c823a3cb" },
	{ .name = "a name sorts before those it begins",
	    .method = "POST",
	    .path = "/",
	    .headers = { "x-amz-b:3", "x-amz1:2", "x-amz:1" },
	    .signature = "7e664b6646135c1a1aa50262e81e9d4e"
			 "b231b4f5fa6590aba8744786c79272a2" },
	{ .name = "values of one name are joined in the order sent",
	    .method = "GET",
	    .path = "/",
	    .headers = { "My-Header1:value2", "My-Header1:value1",
		"my-header1:value3" },
	    .signature = "a31572a1fa1d5b18b177ab95adc5a7e1"
			 "0106044fff854544d53cb6c72cc499ec" },
	{ .name = "blanks at the ends go, inner runs become one",
	    .method = "GET",
	    .path = "/",
	    .headers = { "My-Header1: value1  ",
		"My-Header2: \t \"a   b   c\"\t" },
	    .signature = "acc3ed3afb60bb290fc8d2dd0098b991"
			 "1fcaa05412b367055dee359757a9c736" },
	{ .name = "an empty value is signed",
	    .method = "GET",
	    .path = "/",
	    .headers = { "My-Header1:" },
	    .signature = "8691850dd38d072764229f10d3134e1a"
			 "5b72c1fda6672468ed803a44e7de1f77" },
	{ .name = "form body",
	    .method = "POST",
	    .path = "/",
	    .headers = { "Content-Type:application/x-www-form-urlencoded" },
	    .body = "Param1=value1",
	    .signature = "ff11897932ad3f4e8b18135d722051e5"
			 "ac45fc38421b1da7b9d196a0fe09473a" },
	{ .name = "the session token is signed",
	    .method = "POST",
	    .path = "/",
	    .token = TOKEN,
	    .signature = "85d96828115b5dc0cfc3bd16ad9e210d"
			 "d772bbebba041836c64533a82be05ead" },
	{ .name = "parameters are sorted by name, then by value",
	    .method = "GET",
	    .path = "/",
	    .query = "Param2=b&Param1=b&Param1=a&P=",
	    .signature = "29db6e9b33ade14f36b0a5b9a3039caa"
			 "b350e50ad9daba142b77b4e6be493eb7" },
	{ .name = "a parameter without \"=\" gets one",
	    .method = "GET",
	    .path = "/",
	    .query = "b&a",
	    .signature = "df0cf4d99575de2988d710990cf53077"
			 "2494504e76e7b9965f757c8b9c79ab85" },
	{ .name = "dot segments are resolved",
	    .method = "GET",
	    .path = "/./foo//bar/../baz/",
	    .signature = "3ff194df0fe2af0136f84bdc4ac38396"
			 "7359a040878adc6888c7b5dbe75530a5" },
	{ .name = "what \"..\" removes is gone, at the end too",
	    .method = "GET",
	    .path = "/foo/er/..",
	    .signature = "abaacbbff038c399d01da419580c03f4"
			 "14a284cbda0edc0429b28265a990c3cd" },
	{ .name = "\"..\" stops at the root",
	    .method = "GET",
	    .path = "/../../a",
	    .signature = "e7dfad111cdad6139e285ddec7592de6"
			 "9207ee936e9af6cffa906e281325f76a" },
	{ .name = "the path is encoded once more",
	    .method = "GET",
	    .path = "/a%20b/\341\210\264",
	    .signature = "13f2a36acb1273b7668a963f08d2dac3"
			 "876917a1779c668117feafde1752ba07" },
	{ .name = "what proxies change is not signed",
	    .method = "POST",
	    .path = "/",
	    .headers = { "User-Agent:x", "Expect:100-continue",
		"X-Amzn-Trace-Id:Root=1" },
	    .signature = "5da7c1a2acd57cee7505fc6676e4e544"
			 "621c30862966e37dddb68e92efbe5d6b" },
	{ .name = "a key of one block",
	    .method = "POST",
	    .path = "/",
	    .secret = K60,
	    .signature = "5d430f814a311b943ca7296e03f3ae9e"
			 "a1374526e8f101ee394e385c7154b4de" },
	{ .name = "a key over one block is hashed",
	    .method = "POST",
	    .path = "/",
	    .secret = K60 "k",
	    .signature = "f6470467792ee3c20ac41c1b46ac4d63"
			 "4df47a8f5024660f84454a1b9bab9575" },
};

static void
sign(const struct vector *vector, struct sigv4_signature *signature)
{
	const char *headers[8] = { NULL };
	struct sigv4_request request = {
		.method = vector->method,
		.path = vector->path,
		.query = vector->query,
		.headers = headers,
		.body = vector->body,
		.body_len = vector->body == NULL ? 0 : strlen(vector->body),
	};
	const struct sigv4_key key = {
		.access_key_id = "AKIDEXAMPLE",
		.secret_access_key =
		    vector->secret == NULL ? SECRET : vector->secret,
		.session_token = vector->token,
		.region = "us-east-1",
		.service = "service",
	};
	size_t count = 0;

	for (; vector->headers[count] != NULL; count++)
		headers[count] = vector->headers[count];
	headers[count] = "Host: example.amazonaws.com";
	sigv4_sign(signature, &request, &key, moment);
}

static void
test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct sigv4_signature signature;

		sign(&vectors[i], &signature);
		if (strcmp(signature.signature, vectors[i].signature) != 0)
			fail_msg("%s: canonical request:\n%s", vectors[i].name,
			    signature.canonical_request);
		sigv4_signature_clear(&signature);
	}
}

/* Everything that comes back, once, in full. */
static void
test_texts(void **state)
{
	static const struct vector vector = {
		.method = "POST",
		.path = "/",
		.headers = { "X-Amz-Target: A.B", "Content-Type: text/plain" },
		.body = "{}",
		.token = "tok+en/=",
	};
	struct sigv4_signature signature;
	char authorization[512];

	(void)state;
	sign(&vector, &signature);
	assert_string_equal(signature.date, "X-Amz-Date: 20150830T123600Z");
	assert_string_equal(signature.token, "X-Amz-Security-Token: tok+en/=");
	assert_string_equal(signature.canonical_request,
	    "POST\n/\n\ncontent-type:text/plain\n"
	    "host:example.amazonaws.com\nx-amz-date:20150830T123600Z\n"
	    "x-amz-security-token:tok+en/=\nx-amz-target:A.B\n\n"
	    "content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n"
	    "44136fa355b3678a1146ad16f7e8649e"
	    "94fb4fc21fe77e8310c060f61caaff8a");
	assert_memory_equal(signature.string_to_sign,
	    "AWS4-HMAC-SHA256\n20150830T123600Z\n"
	    "20150830/us-east-1/service/aws4_request\n",
	    74);
	assert_int_equal(strlen(signature.string_to_sign), 74 + 64);
	(void)strlcpy(authorization,
	    "Authorization: AWS4-HMAC-SHA256 "
	    "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
	    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
	    "x-amz-target, Signature=",
	    sizeof(authorization));
	(void)strlcat(authorization, signature.signature,
	    sizeof(authorization));
	assert_string_equal(signature.authorization, authorization);
	sigv4_signature_clear(&signature);
	assert_null(signature.authorization);
}

static void
test_without_token(void **state)
{
	struct sigv4_signature signature;

	(void)state;
	sign(&vectors[0], &signature);
	assert_null(signature.token);
	assert_null(strstr(signature.canonical_request, "security-token"));
	sigv4_signature_clear(&signature);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_without_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
