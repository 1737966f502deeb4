#include "sim/tcp/send_marks.h"

namespace halfopen {

void SendMarks::end_record(Seq end) {
  if (records_.empty() || records_.back() != end) records_.push_back(end);
}

std::optional<Seq> SendMarks::record_end_behind(Seq from) const {
  for (std::uint32_t i = 0; i < records_.size(); ++i)
    if (records_[i].after(from)) return records_[i];
  return std::nullopt;
}

void SendMarks::watch(Seq end, std::uint8_t wants, std::uint32_t number) {
  watches_.push_back({.end = end, .number = number, .wants = wants});
}

void SendMarks::watch_zero_copy(Seq start, Seq end) {
  if (zero_copy_end_ == start) end_record(start);
  watch(end, send_watch::zero_copy, zero_copies_++);
  zero_copy_end_ = end;
}

bool SendMarks::on_sent(TimePoint now, Seq end) {
  bool news = false;
  for (std::uint32_t i = 0; i < watches_.size() && watches_[i].end.at_or_before(end); ++i) {
    Watch& watch = watches_[i];
    if (watch.sent) continue;
    watch.sent = true;
    const auto report = [&](std::uint8_t wanted, SendReport::What what) {
      if ((watch.wants & wanted) == 0) return;
      reports_.push_back({.what = what, .at = now, .first = watch.number, .last = watch.number});
      news = true;
    };
    report(send_watch::scheduled, SendReport::What::scheduled);
    report(send_watch::sent, SendReport::What::sent);
  }
  return news;
}

bool SendMarks::on_acked(TimePoint now, Seq una) {
  while (!records_.empty() && records_.front().at_or_before(una)) records_.pop_front();
  bool news = false;
  while (!watches_.empty() && watches_.front().end.at_or_before(una)) {
    const Watch watch = watches_.front();
    watches_.pop_front();
    if ((watch.wants & send_watch::acknowledged) != 0) {
      reports_.push_back(
          {.what = SendReport::What::acknowledged, .at = now, .first = watch.number, .last = watch.number});
      news = true;
    }
    if ((watch.wants & send_watch::zero_copy) != 0) {
      report_zero_copy(now, watch.number);
      news = true;
    }
  }
  return news;
}

// Calls in a row that wait to be read are one report (net/core/skbuff.c skb_zerocopy_notify_extend).
void SendMarks::report_zero_copy(TimePoint now, std::uint32_t call) {
  if (!reports_.empty()) {
    SendReport& last = reports_.back();
    if (last.what == SendReport::What::zero_copy && last.last + 1 == call) {
      last.last = call;
      return;
    }
  }
  reports_.push_back({.what = SendReport::What::zero_copy, .at = now, .first = call, .last = call});
}

std::optional<SendReport> SendMarks::take_report() {
  if (reports_.empty()) return std::nullopt;
  const SendReport report = reports_.front();
  reports_.pop_front();
  return report;
}

}  // namespace halfopen
