/* What of libhalfopen is seen from outside. */
#ifndef HALFOPEN_API_H
#define HALFOPEN_API_H

#define HO_API __attribute__((visibility("default")))

#endif
