"""Django REST framework, with a ModelViewSet and djangorestframework-simplejwt."""

from django.core.wsgi import get_wsgi_application
from django.db.models import QuerySet
from django.urls import include, path

app = get_wsgi_application()

from rest_framework import pagination, permissions, renderers, routers, serializers, viewsets
from rest_framework_simplejwt.authentication import JWTAuthentication

from benchmarks.peers.models import Patient


class PatientSerializer(serializers.ModelSerializer[Patient]):
    class Meta:  # type: ignore[override]  # the stubs declare another Meta
        model = Patient
        fields = "__all__"


class Pages(pagination.PageNumberPagination):
    page_size = 100


class PatientViewSet(viewsets.ModelViewSet[Patient]):
    def get_queryset(self) -> QuerySet[Patient]:
        sex = self.request.query_params.get("sex")
        rows = Patient.objects.order_by("-id")
        return rows.filter(sex=sex) if sex else rows

    serializer_class = PatientSerializer
    pagination_class = Pages
    authentication_classes = (JWTAuthentication,)
    permission_classes = (permissions.IsAuthenticated,)
    renderer_classes = (renderers.JSONRenderer,)


router = routers.SimpleRouter()
router.register("patients", PatientViewSet, "patient")
urlpatterns = [path("", include(router.urls))]
