/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/page.h"

#include <string.h>

/* Made from src/swf-local/page/ by the Makefile. */
extern const unsigned char page_html[], page_css[], page_js[], page_svg[];
extern const size_t page_html_len, page_css_len, page_js_len, page_svg_len;

static const struct page_file files[] = {
	{ "/", "text/html; charset=utf-8", page_html, &page_html_len },
	{ "/_local/page.css", "text/css; charset=utf-8", page_css,
	    &page_css_len },
	{ "/_local/page.js", "text/javascript; charset=utf-8", page_js,
	    &page_js_len },
	{ "/_local/page.svg", "image/svg+xml", page_svg, &page_svg_len },
};

static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; "
	    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'; "
	    "require-trusted-types-for 'script'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

const struct page_file *
page_find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

void
page_add_headers(struct MHD_Response *response)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		(void)MHD_add_response_header(response, headers[i][0],
		    headers[i][1]);
}
