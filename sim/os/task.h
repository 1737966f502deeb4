// Programs as coroutines that read like the C programs they stand for. A Task runs only while its process has
// the CPU: each suspension returns to the scheduler, which resumes whatever frame `cpu` names, so that no
// call chain grows on the machine's stack.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace halfopen {

// What every frame of a program has: who runs after it.
struct TaskFrame {
  std::coroutine_handle<>* cpu = nullptr;  // the process's: the frame that runs when the process does
  std::coroutine_handle<> caller;          // null for main()

  struct Return {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      const TaskFrame& frame = self.promise();
      *frame.cpu = frame.caller;
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] Return final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept {
    std::terminate();
  }  // programs are C: they do not throw
};

template <class T>
struct TaskResult {
  std::optional<T> value;
  void return_value(T result) { value = std::move(result); }
  [[nodiscard]] T take() { return std::move(*value); }
};
template <>
struct TaskResult<void> {
  void return_void() const noexcept {}
  void take() const noexcept {}
};

// A function of a program. `co_await` it to call it; the frame dies with the Task.
template <class T>
class [[nodiscard]] Task {
 public:
  struct promise_type : TaskFrame, TaskResult<T> {
    Task get_return_object() { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
  };

  Task() = default;
  Task(Task&& o) noexcept : handle_{std::exchange(o.handle_, nullptr)} {}
  Task& operator=(Task&& o) noexcept {
    std::swap(handle_, o.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Makes this the frame that runs next on `cpu`, before whatever would have.
  void push_onto(std::coroutine_handle<>& cpu) {
    handle_.promise().cpu = &cpu;
    handle_.promise().caller = cpu;
    cpu = handle_;
  }
  [[nodiscard]] bool done() const { return !handle_ || handle_.done(); }
  // What it returned, once it is done.
  [[nodiscard]] T result() { return handle_.promise().take(); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    push_onto(*static_cast<TaskFrame&>(caller.promise()).cpu);
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_{handle} {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace halfopen
