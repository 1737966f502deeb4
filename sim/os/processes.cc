#include "sim/os/processes.h"

#include <algorithm>
#include <utility>

namespace halfopen {

Process& Processes::add(std::uint32_t parent, const std::string& program) {
  auto process = std::make_unique<Process>();
  process->pid = next_pid_++;
  process->parent = parent;
  process->program = program;
  ++alive_;
  return *table_.emplace(process->pid, std::move(process)).first->second;
}

Process& Processes::create(TimePoint now, const std::string& program) {
  Process& process = add(kInitPid, program);
  process.is_program = true;
  using Kind = Descriptor::Kind;
  for (const Kind kind : {Kind::terminal, Kind::output, Kind::error_output})
    open_file(process, {kind, 0, nullptr});
  note(now, process, ProcessNote::What::started);
  return process;
}

Process& Processes::fork(TimePoint now, Process& parent) {
  Process& child = add(parent.pid, parent.program);
  ++parent.children;
  child.files = parent.files;
  child.lowest_free = parent.lowest_free;
  child.typed_read = parent.typed_read;
  child.dispositions = parent.dispositions;
  for (const Descriptor& file : child.files) {
    if (file.socket != nullptr) Sockets::add_reference(*file.socket);
  }
  note(now, child, ProcessNote::What::forked);
  return child;
}

void Processes::end(TimePoint now, Process& process, int status, int killed_by) {
  if (process.ended) return;
  process.ended = true;
  process.status = status;
  process.killed_by = killed_by;
  --alive_;
  note(now, process, killed_by != 0 ? ProcessNote::What::killed : ProcessNote::What::exited, killed_by,
       status);
  stop_waiting(process);
  ready_.remove(process);
  if (process.pending.lingering != nullptr) {
    sockets_.end_linger(*std::exchange(process.pending.lingering, nullptr));
  }
  for (const Descriptor& file : process.files) {
    if (file.socket != nullptr) sockets_.close(now, *file.socket, CloseBy::exit);
  }
  process.files.clear();
  if (!process.running) bury(now, process);
}

void Processes::bury(TimePoint now, Process& process) {
  process.cpu = nullptr;
  while (!process.handlers.empty()) process.handlers.pop_back();
  process.main = {};
  disown_children(process);
  Process* parent = find(process.parent);
  if (parent == nullptr || parent->ended) return remove(process);
  parent->zombies.push_back(process.pid);
  signal(now, *parent, sig::chld);
  if (parent->blocked && parent->pending.call.kind == CallKind::waitpid) ready_.push(*parent);
}

// Its children become init's, who waits for them at once.
void Processes::disown_children(Process& process) {
  while (!process.zombies.empty()) {
    table_.erase(process.zombies.front());
    process.zombies.pop_front();
  }
  if (process.children == 0) return;
  for (const auto& [pid, child] : table_) {
    if (child->parent == process.pid) child->parent = kInitPid;
  }
}

Process* Processes::zombie_of(Process& parent, std::uint32_t pid) {
  for (std::uint32_t i = 0; i < parent.zombies.size(); ++i) {
    if (pid == 0 || parent.zombies[i] == pid) return find(parent.zombies[i]);
  }
  return nullptr;
}

void Processes::reap(TimePoint now, Process& parent, Process& zombie) {
  note(now, zombie, ProcessNote::What::reaped, zombie.killed_by, zombie.status);
  for (std::uint32_t i = 0; i < parent.zombies.size(); ++i) {
    if (parent.zombies[i] == zombie.pid) {
      parent.zombies.erase(i);
      break;
    }
  }
  --parent.children;
  remove(zombie);
}

int Processes::open_file(Process& process, const Descriptor& file) {
  auto& files = process.files;
  std::size_t fd = process.lowest_free;
  while (fd < files.size() && files[fd].kind != Descriptor::Kind::none) ++fd;
  if (fd == files.size()) files.emplace_back();
  files[fd] = file;
  process.lowest_free = fd + 1;
  return static_cast<int>(fd);
}

Descriptor* Processes::file_of(Process& process, int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= process.files.size()) return nullptr;
  Descriptor& file = process.files[static_cast<std::size_t>(fd)];
  return file.kind == Descriptor::Kind::none ? nullptr : &file;
}

void Processes::forget_file(Process& process, int fd) {
  const auto index = static_cast<std::size_t>(fd);
  process.files[index] = {};
  process.lowest_free = std::min(process.lowest_free, index);
}

void Processes::stop_waiting(Process& process) {
  for (WaitNode& node : process.waits) node.queue->remove(node);
  process.waits.clear();
  timeouts_.set(process, kNever);
  process.blocked = false;
}

Process* Processes::find(std::uint32_t pid) {
  const auto found = table_.find(pid);
  return found == table_.end() ? nullptr : found->second.get();
}

Process* Processes::newest_forked() {
  const auto newest = std::find_if(table_.rbegin(), table_.rend(), [](const auto& entry) {
    return !entry.second->ended && !entry.second->is_program;
  });
  return newest == table_.rend() ? nullptr : newest->second.get();
}

std::vector<std::uint32_t> Processes::alive() const {
  std::vector<std::uint32_t> pids;
  for (const auto& [pid, process] : table_) {
    if (!process->ended) pids.push_back(pid);
  }
  return pids;
}

std::vector<std::uint32_t> Processes::alive_programs() const {
  std::vector<std::uint32_t> pids;
  for (const auto& [pid, process] : table_) {
    if (!process->ended && process->is_program) pids.push_back(pid);
  }
  return pids;
}

void Processes::note(TimePoint now, const Process& process, ProcessNote::What what, int signal, int status,
                     std::string_view text) const {
  if (!facts_.wants(NoteKind::process)) return;
  facts_.observer->on_note(ProcessNote{.at = now,
                                       .host = facts_.id,
                                       .program = process.program,
                                       .pid = process.pid,
                                       .what = what,
                                       .signal = signal,
                                       .status = status,
                                       .text = std::string{text}});
}

}  // namespace halfopen
