/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const type_names[] = {
	[METRICS_COUNTER] = "counter",
	[METRICS_GAUGE] = "gauge",
	[METRICS_HISTOGRAM] = "histogram",
};

/* By the one name that says it; who weighs several gets it too. */
enum metrics_format
metrics_wanted(const char *accept)
{
	return accept != NULL &&
		       strstr(accept, "application/openmetrics-text") != NULL
		   ? METRICS_OPENMETRICS
		   : METRICS_TEXT;
}

/* Of the answer. */
const char *
metrics_content_type(enum metrics_format format)
{
	switch (format) {
	case METRICS_TEXT:
		return "text/plain; version=0.0.4; charset=utf-8";
	case METRICS_OPENMETRICS:
		break;
	}
	return "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

/* No family yet. */
void
metrics_begin(struct metrics *metrics, struct buf *out,
    enum metrics_format format)
{
	*metrics = (struct metrics){ .out = out, .format = format };
}

static void
put(struct metrics *metrics, const char *text)
{
	if (buf_string(metrics->out, text) == -1)
		metrics->failed = true;
}

/* Within quotes; also good where there are none. */
static void
put_escaped(struct metrics *metrics, const char *text)
{
	char one[2] = "";

	for (; *text != '\0'; text++) {
		one[0] = *text;
		if (*text == '\n')
			put(metrics, "\\n");
		else if (*text == '\\')
			put(metrics, "\\\\");
		else if (*text == '"')
			put(metrics, "\\\"");
		else
			put(metrics, one);
	}
}

static void
put_number(struct metrics *metrics, double number)
{
	if (isinf(number) && number > 0)
		put(metrics, " +Inf\n");
	else if (buf_format(metrics->out, " %.15g\n", number) == -1)
		metrics->failed = true;
}

/* The name under which the family stands in the two formats. */
static void
put_family(struct metrics *metrics, const char *keyword)
{
	put(metrics, keyword);
	put(metrics, metrics->name);
	if (metrics->type == METRICS_COUNTER && metrics->format == METRICS_TEXT)
		put(metrics, "_total");
	put(metrics, " ");
}

/* Its two lines. */
void
metrics_family(struct metrics *metrics, enum metrics_type type,
    const char *name, const char *help)
{
	metrics->type = type;
	metrics->name = name;
	put_family(metrics, "# HELP ");
	put(metrics, help);
	put(metrics, "\n");
	put_family(metrics, "# TYPE ");
	put(metrics, type_names[type]);
	put(metrics, "\n");
}

static void
put_sample(struct metrics *metrics, const char *suffix, const char *label,
    const char *value, double number)
{
	put(metrics, metrics->name);
	put(metrics, suffix);
	if (label != NULL) {
		put(metrics, "{");
		put(metrics, label);
		put(metrics, "=\"");
		put_escaped(metrics, value);
		put(metrics, "\"}");
	}
	put_number(metrics, number);
}

/* One line. */
void
metrics_add(struct metrics *metrics, const char *label, const char *value,
    double number)
{
	assert(metrics->type != METRICS_HISTOGRAM);
	put_sample(metrics, metrics->type == METRICS_COUNTER ? "_total" : "",
	    label, value, number);
}

/* Each bucket has all that was up to its bound, the ones before included. */
void
metrics_add_histogram(struct metrics *metrics,
    const struct metrics_histogram *histogram)
{
	struct buf bound = BUF_INIT(32);
	double sum = 0;

	assert(metrics->type == METRICS_HISTOGRAM);
	for (size_t i = 0; i < histogram->count; i++) {
		double value = histogram->bounds[i];

		sum += (double)histogram->in[i];
		buf_reset(&bound);
		/* "1" would be another label than "1.0" is. */
		if (buf_format(&bound,
			value == (double)(int64_t)value ? "%.1f" : "%.15g",
			value) == -1)
			metrics->failed = true;
		else
			put_sample(metrics, "_bucket", "le", bound.data, sum);
	}
	buf_clear(&bound);
	sum += (double)histogram->in[histogram->count];
	put_sample(metrics, "_bucket", "le", "+Inf", sum);
	put_sample(metrics, "_sum", NULL, NULL, histogram->sum);
	put_sample(metrics, "_count", NULL, NULL, sum);
}

/* The mark of it, where there is one. */
int
metrics_end(struct metrics *metrics)
{
	if (metrics->format == METRICS_OPENMETRICS)
		put(metrics, "# EOF\n");
	return metrics->failed ? -1 : 0;
}

/* Nothing counted. */
void
metrics_histogram_init(struct metrics_histogram *histogram,
    const double *bounds, size_t count)
{
	assert(count <= METRICS_BOUNDS);
	*histogram =
	    (struct metrics_histogram){ .bounds = bounds, .count = count };
}

/* One more. */
void
metrics_histogram_count(struct metrics_histogram *histogram, double value)
{
	size_t i = 0;

	while (i < histogram->count && value > histogram->bounds[i])
		i++;
	histogram->in[i]++;
	histogram->sum += value;
}
