"""What a load balancer asks."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process is up."""
    return JsonResponse({"status": "live"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer whether database and broker can be reached; 503 when one cannot."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        problems.append("database")
    try:
        cache.get("ready")
    except (RedisError, OSError):
        problems.append("broker")
    return JsonResponse(
        {"status": "not ready" if problems else "ready", "missing": problems}, status=503 if problems else 200
    )
