package struct SchedulerConfiguration: Codable, Hashable, Sendable {}
