/* Between metric.c, which counts, and metric_read.c, which tells. */
#ifndef WHIPLY_HUB_METRIC_BUILD_H
#define WHIPLY_HUB_METRIC_BUILD_H

#include "hub/metric.h"

/** Upper bounds of every histogram, in seconds. */
extern const double metric_bounds[METRIC_BOUNDS];

#endif
