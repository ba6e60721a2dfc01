// The report's style sheet: light and dark by the reader's choice, narrow screens, and paper. Blue and
// orange, and a blue ramp of even steps in OKLab, keep apart for every kind of colour vision; every text on
// them has a contrast of at least 4.5.
#pragma once

#include "serve/html.h"

namespace retort {

Html report_style();

}  // namespace retort
